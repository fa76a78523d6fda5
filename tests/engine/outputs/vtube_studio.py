"""A small VTube Studio for tests, written from its public API page.

Its answers are checked with another client library first (test_vtube_studio.py), then with our output.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve

BUILT_IN = (
    *("FacePositionX", "FacePositionY", "FacePositionZ", "FaceAngleX", "FaceAngleY", "FaceAngleZ"),
    *("MouthSmile", "MouthOpen", "Brows", "TongueOut", "CheekPuff", "FaceAngry", "BrowLeftY"),
    *("BrowRightY", "EyeOpenLeft", "EyeOpenRight", "EyeLeftX", "EyeLeftY", "EyeRightX", "EyeRightY"),
    *("MouthX", "VoiceVolume", "VoiceFrequency", "VoiceA", "VoiceI", "VoiceU", "VoiceE", "VoiceO"),
)


class VTubeStudio:
    """One running program: it asks its user, remembers tokens, checks every request."""

    def __init__(self) -> None:
        self.user_allows = True
        self.asked = 0
        self.tokens: set[str] = set()
        self.custom: dict[str, dict[str, Any]] = {}
        self.values: dict[str, float] = {}
        self.injections: list[dict[str, Any]] = []
        self.refuse_injection: tuple[int, str] | None = None
        self.awake = asyncio.Event()
        self.awake.set()
        self.server: Server | None = None
        self.connections: list[ServerConnection] = []

    @property
    def port(self) -> int:
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])

    async def start(self, port: int = 0) -> None:
        self.server = await serve(self._handle, "127.0.0.1", port, compression=None)

    async def stop(self) -> None:
        assert self.server is not None
        for connection in self.connections:
            connection.transport.abort()
        self.server.close()
        await self.server.wait_closed()

    async def _handle(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        session = {"authenticated": False}
        with contextlib.suppress(Exception):
            async for text in connection:
                await self.awake.wait()
                await connection.send(json.dumps(self.answer(str(text), session)))

    def answer(self, text: str, session: dict[str, bool]) -> dict[str, Any]:
        request = json.loads(text)
        assert request["apiName"] == "VTubeStudioPublicAPI"
        assert request["apiVersion"] == "1.0"
        number = request.get("requestID", "made up")
        assert re.fullmatch(r"[\x20-\x7e]{1,64}", number)
        kind, data = request["messageType"], request.get("data") or {}
        answer, facts = self._act(kind, data, session)
        return {
            "apiName": "VTubeStudioPublicAPI",
            "apiVersion": "1.0",
            "timestamp": 1700000000000,
            "messageType": answer,
            "requestID": number,
            "data": facts,
            "unknownField": "new fields may appear",
        }

    def _act(self, kind: str, data: dict[str, Any], session: dict[str, bool]) -> tuple[str, dict]:
        if kind == "APIStateRequest":
            facts = {"active": True, "vTubeStudioVersion": "1.30.0"}
            return "APIStateResponse", facts | {"currentSessionAuthenticated": session["authenticated"]}
        if kind == "AuthenticationTokenRequest":
            return self._token(data)
        if kind == "AuthenticationRequest":
            session["authenticated"] = data["authenticationToken"] in self.tokens
            reason = "" if session["authenticated"] else "Token invalid."
            return "AuthenticationResponse", {
                "authenticated": session["authenticated"],
                "reason": reason,
            }
        if not session["authenticated"]:
            return error(8, "This request requires authentication.")
        if kind == "ParameterCreationRequest":
            return self._create(data)
        if kind == "InjectParameterDataRequest":
            return self._inject(data)
        return error(7, "Unknown request type.")

    def _token(self, data: dict[str, Any]) -> tuple[str, dict]:
        assert 3 <= len(data["pluginName"]) <= 32
        assert 3 <= len(data["pluginDeveloper"]) <= 32
        self.asked += 1
        if not self.user_allows:
            return error(50, "User has denied API access for your plugin.")
        token = f"token-{self.asked}"
        self.tokens.add(token)
        return "AuthenticationTokenResponse", {"authenticationToken": token}

    def _create(self, data: dict[str, Any]) -> tuple[str, dict]:
        name = data["parameterName"]
        if not re.fullmatch(r"[A-Za-z0-9]{4,32}", name) or name in BUILT_IN:
            return error(352, "Parameter name invalid.")
        if len(data.get("explanation", "")) >= 256:
            return error(354, "Explanation too long.")
        if not data["min"] <= data["defaultValue"] <= data["max"]:
            return error(355, "Default value out of range.")
        if name not in self.custom and len(self.custom) >= 100:
            return error(353, "Too many parameters.")
        self.custom[name] = data
        return "ParameterCreationResponse", {"parameterName": name}

    def _inject(self, data: dict[str, Any]) -> tuple[str, dict]:
        if self.refuse_injection is not None:
            return error(*self.refuse_injection)
        if not isinstance(data.get("parameterValues"), list):
            return error(450, "No data.")
        assert data.get("mode", "set") in ("set", "add")
        for each in data["parameterValues"]:
            if not -1e6 <= each["value"] <= 1e6:
                return error(451, "Value out of range.")
            if each["id"] not in BUILT_IN and each["id"] not in self.custom:
                return error(453, f"Parameter {each['id']} not found.")
            self.values[each["id"]] = each["value"]
        self.injections.append(data)
        return "InjectParameterDataResponse", {}


def error(number: int, sentence: str) -> tuple[str, dict]:
    return "APIError", {"errorID": number, "message": sentence}


@contextlib.asynccontextmanager
async def vtube_studio(port: int = 0) -> AsyncIterator[VTubeStudio]:
    program = VTubeStudio()
    await program.start(port)
    try:
        yield program
    finally:
        await program.stop()
