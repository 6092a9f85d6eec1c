"""The push service: business systems in any language hand in claims over HTTP; couriers deliver them.

`core` decides, `http` carries. A token names its system, and opens that system's claims alone.
"""
