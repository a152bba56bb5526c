-- Say how many sockets this process holds for a person, unless all processes together would hold more than the limit.
-- Fields are processes, values "count:milliseconds when it was said"; what is older than ARGV[4] no longer counts.
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
local process, count, limit, lasts_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local others = 0
local said = redis.call('HGETALL', KEYS[1])
for i = 1, #said, 2 do
  local held, at = string.match(said[i + 1], '(%d+):(%d+)')
  if now_ms - tonumber(at) > lasts_ms then
    redis.call('HDEL', KEYS[1], said[i])
  elseif said[i] ~= process then
    others = others + tonumber(held)
  end
end
if limit >= 0 and others + count > limit then
  return {0, others}
end
if count == 0 then
  redis.call('HDEL', KEYS[1], process)
else
  redis.call('HSET', KEYS[1], process, string.format('%d:%d', count, now_ms))
  redis.call('PEXPIRE', KEYS[1], lasts_ms)
end
return {1, others}
