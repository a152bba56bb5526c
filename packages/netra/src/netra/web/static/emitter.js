/** A place where parts of the page hear from one another. */
export function emitter() {
  const listeners = new Map();
  return {
    on(kind, listener) {
      if (!listeners.has(kind)) listeners.set(kind, new Set());
      listeners.get(kind).add(listener);
      return () => listeners.get(kind).delete(listener);
    },
    tell(kind, ...facts) {
      for (const listener of [...(listeners.get(kind) ?? [])]) listener(...facts);
    },
  };
}

/** What concerns the whole page: `signed-out`, `thread-changed`, `tabs`. */
export const bus = emitter();
