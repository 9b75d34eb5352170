"""Runs a list of PyJWT calls from standard input and prints what each answered or raised, as JSON."""
import json
import sys
import warnings

import jwt

warnings.simplefilter("ignore")


def run(call):
    try:
        if call["do"] == "encode":
            return {"token": jwt.encode(call["payload"], call["key"], algorithm=call["algorithm"], headers=call.get("headers"))}
        return {"claims": jwt.decode(call["token"], call["key"], algorithms=call["algorithms"], **call.get("arguments", {}))}
    except Exception as error:
        return {"raised": type(error).__name__}


print(json.dumps([run(call) for call in json.load(sys.stdin)]))
