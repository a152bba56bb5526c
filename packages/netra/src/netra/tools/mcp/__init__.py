"""Tools of servers that tenants bring: allow-listed, reached under rules, and never trusted."""
