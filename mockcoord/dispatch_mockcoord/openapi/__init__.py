"""The OpenAPI 3.1 description of the server, at `/openapi.json`: the HTTP interface, and the control face.

`interface` and `control` describe the requests, `forms` the bodies. What the protocol or this program defines
as a structure (messages, recordings, what the control face takes) is described by the schema of that.
"""

from dispatch_mockcoord.openapi.document import document
from dispatch_mockcoord.openapi.layer import Description

__all__ = ["Description", "document"]
