"""What the process tells its operators: metrics, traces and a watch over its event loop."""
