"""A network of its own for a whole site: namespaces, routes, filters and resolvers that exist for its drills only."""
