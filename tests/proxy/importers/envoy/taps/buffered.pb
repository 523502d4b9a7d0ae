
”
©
"

:authorityorders.internal:8080

:path/orders?dry=1

:methodPOST

:schemehttp


user-agent	billing/2
 
content-typeapplication/json

content-length24

x-forwarded-protohttp
4
x-request-id$67e3e8ac-429a-42fb-945b-ec25927fdcc1
{"sku":"A-1","amount":3}" ×…Ø€åšwÀ

:status201
 
content-typeapplication/json

content-length11
%
dateSat, 21 Nov 2026 10:00:00 GMT
"
x-envoy-upstream-service-time3
{"id":1042}

x-checksum7" ×…Øà´ğx#

10.0.0.2?
10.0.0.1À¸