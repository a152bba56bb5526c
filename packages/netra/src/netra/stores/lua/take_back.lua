-- Count one event less, or with 'all' forget the count, unless its window has ended meanwhile.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
if ARGV[1] == 'all' then
  return redis.call('DEL', KEYS[1])
end
return redis.call('DECR', KEYS[1])
