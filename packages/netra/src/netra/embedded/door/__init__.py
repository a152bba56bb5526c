"""An HTTP door over chdb's engine that speaks ClickHouse's HTTP protocol.

Standard library only besides the engine: this process should be up before anybody waits for it.
"""
