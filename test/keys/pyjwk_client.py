"""Verifies tokens by PyJWT's PyJWKClient: one token a line in, 'accepted' or the name of the error out."""

import sys

import jwt

url, audience, lifespan = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = jwt.PyJWKClient(url, lifespan=lifespan)

for line in sys.stdin:
    token = line.strip()
    try:
        key = client.get_signing_key_from_jwt(token)
        jwt.decode(token, key.key, algorithms=["ES256"], audience=audience)
        print("accepted", flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
