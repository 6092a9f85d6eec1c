"""The push service: business systems in any language hand in claims over HTTP or gRPC; couriers deliver them.

`core` decides, `http` and `rpc` carry. A token names its system, and opens that system's claims alone.
"""
