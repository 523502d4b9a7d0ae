"""What Envoy's taps write: the HTTP tap filter's exchanges, and the tap transport socket's bytes.

Their `file_per_tap` sink makes a file of each exchange or connection; the admin endpoint `/tap`, and a `cat`
of such files, give many, one after the other. Each is an `envoy.data.tap.v3.TraceWrapper`
(https://www.envoyproxy.io/docs/envoy/latest/api-v3/data/tap/v3/wrapper.proto), which has one of

    {"http_buffered_trace": {"request": MESSAGE, "response": MESSAGE, "downstream_connection": CONNECTION}}
    {"http_streamed_trace_segment": {"trace_id": "7", "request_headers": {"headers": [FIELD, …]}}}
        or "request_body_chunk": BODY, "request_trailers", "response_headers", …: one in a segment
    {"socket_buffered_trace": {"trace_id": "7", "connection": CONNECTION, "events": [EVENT, …]}}
    {"socket_streamed_trace_segment": {"trace_id": "7", "connection": CONNECTION}}, or "event", or "events"

    MESSAGE     {"headers": [FIELD, …], "body": BODY, "trailers": [FIELD, …], "headers_received_time": TIME}
    FIELD       {"key": ":path", "value": "/orders"}
    BODY        {"as_bytes": BASE64, "truncated": false}, or "as_string" for JSON_BODY_AS_STRING
    EVENT       {"timestamp": TIME, "read": {"data": BODY}}, or "write": …, or "closed": {}
    CONNECTION  {"local_address": ADDRESS, "remote_address": ADDRESS}
    ADDRESS     {"socket_address": {"address": "10.0.0.1", "port_value": 8080}}

with the names of the .proto files, as Envoy configures its printer of JSON. An HTTP trace says when it was
only where it is a buffered one and the filter was told to (`record_headers_received_time`); otherwise the
answer's `Date` is taken. A truncated body has the length that `Content-Length` gives, or one byte more than
is there.
"""
