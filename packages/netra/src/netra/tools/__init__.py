"""What agents may call: typed functions over the tenant's usage data."""
