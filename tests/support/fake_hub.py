"""Both hubs, as far as a download needs them, served on loopback from memory.

The shapes of the answers are those of huggingface.co and modelscope.cn. Faults are settings of
the repository, so that a test reads: a hub that breaks off after so many bytes, then a download.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from jingpai.models.hub.environment import HubSettings
from jingpai.models.hub.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

HUGGING_FACE = Repository("acme/reranker", "main", "huggingface")
MODELSCOPE = Repository("acme/reranker", "master", "modelscope")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = ("tokenizer.json", ".safetensors", ".bin")
"""Endings of the files that lie in large-file storage, whose hash is announced."""


Query: TypeAlias = dict[str, list[str]]


@dataclass
class FakeRepository:
    """A repository and how the hub behaves when it is asked for.

    Attributes:
        files: Content by name.
        revisions: What `main` or `master` and others are called.
        status: The answer to every question about it.
        error_code: What the header X-Error-Code says beside it.
        damaged: Names of files that are sent with one byte changed.
        break_after: Bytes of an answer after which the next breaks fall.
        breaks: How many answers with content break off.
        file_status: The answer to every question for content.
        lies: Sizes that are announced instead of the true ones.
    """

    files: dict[str, bytes]
    revisions: tuple[str, ...] = ("main", "master")
    status: int = 200
    error_code: str = ""
    damaged: tuple[str, ...] = ()
    break_after: int = 0
    breaks: int = 0
    file_status: int = 200
    lies: dict[str, int] = field(default_factory=dict)

    def size(self, name: str) -> int:
        return self.lies.get(name, len(self.files[name]))

    def sha256(self, name: str) -> str:
        return hashlib.sha256(self.files[name]).hexdigest()


class FakeHub:
    """A server with repositories by name, which remembers what it was asked."""

    def __init__(self) -> None:
        self.repositories: dict[str, FakeRepository] = {}
        self.requests: list[tuple[str, str, str]] = []  # method, path, Range header
        self.headers: list[dict[str, str]] = []  # names in lower case
        self._server = _Server(self)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked_for(self, ending: str) -> list[str]:
        """The Range headers of the requests for content whose path has this ending."""
        return [
            given
            for method, path, given in self.requests
            if method == "GET" and path.endswith(ending)
        ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: FakeHub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.server.hub.requests.append((self.command, self.path, self.headers.get("Range", "")))
        self.server.hub.headers.append({key.lower(): value for key, value in self.headers.items()})
        query = parse_qs(address.query)
        for pattern, answer in (
            (r"/api/models/([^/]+/[^/]+)/tree/[^/]+", self._huggingface_tree),
            (r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", self._huggingface_info),
            (r"/api/v1/models/([^/]+/[^/]+)/repo/files", self._modelscope_files),
            (r"/api/v1/models/([^/]+/[^/]+)/repo", self._modelscope_file),
            (r"/blobs/([^/]+/[^/]+)/(.+)", self._content),
            (r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", self._content),
        ):
            match = re.fullmatch(pattern, address.path)
            if match:
                return answer(query, *(unquote(group or "") for group in match.groups()))
        return self._answer(404)

    # Hugging Face

    def _huggingface_info(self, query: Query, name: str, revision: str) -> None:
        repository = self._open(name)
        if repository is None:
            return None
        if revision not in ("", COMMIT, *repository.revisions):
            return self._answer(404, headers={"X-Error-Code": "RevisionNotFound"})
        siblings = [
            {
                "rfilename": file,
                "blobId": hashlib.sha1(file.encode()).hexdigest(),
                "size": repository.size(file),
                **({"lfs": self._lfs(repository, file)} if file.endswith(LARGE) else {}),
            }
            for file in repository.files
        ]
        return self._json({"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings})

    def _huggingface_tree(self, query: Query, name: str) -> None:
        repository = self._open(name)
        if repository is None:
            return None
        return self._json(
            [
                {
                    "type": "file",
                    "path": file,
                    "oid": hashlib.sha1(file.encode()).hexdigest(),
                    "size": repository.size(file),
                    **(
                        {"lfs": {**self._lfs(repository, file), "oid": repository.sha256(file)}}
                        if file.endswith(LARGE)
                        else {}
                    ),
                }
                for file in repository.files
            ]
        )

    def _lfs(self, repository: FakeRepository, file: str) -> dict[str, object]:
        return {
            "sha256": repository.sha256(file),
            "size": repository.size(file),
            "pointerSize": 130,
        }

    # ModelScope

    def _modelscope_files(self, query: Query, name: str) -> None:
        repository = self._open(name)
        if repository is None:
            return None
        if query["Revision"][0] not in repository.revisions:
            return self._json({"Code": 404, "Message": "revision not exists"}, status=404)
        files = [
            {
                "Path": file,
                "Name": file,
                "Type": "blob",
                "Size": repository.size(file),
                "Sha256": repository.sha256(file),
            }
            for file in repository.files
        ]
        files.append({"Path": "onnx", "Name": "onnx", "Type": "tree", "Size": 0})
        return self._json({"Code": 200, "Success": True, "Data": {"Files": files}})

    def _modelscope_file(self, query: Query, name: str) -> None:
        if self._open(name) is not None:
            # The real hub sends content from a storage server.
            self._answer(302, headers={"Location": f"/blobs/{name}/{query['FilePath'][0]}"})

    # Content

    def _content(self, query: Query, name: str, file: str) -> None:
        repository = self._open(name)
        if repository is None:
            return None
        if file not in repository.files:
            return self._answer(404, headers={"X-Error-Code": "EntryNotFound"})
        if repository.file_status != 200:
            return self._answer(repository.file_status)
        content = repository.files[file]
        if file in repository.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        large = file.endswith(LARGE)
        etag = repository.sha256(file) if large else hashlib.sha1(content).hexdigest()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        start = int((re.findall(r"\d+", self.headers.get("Range", "")) or [0])[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        rest = content[start:]
        self.send_response(206 if start else 200)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if self.command == "HEAD":
            return None
        if repository.breaks and len(rest) > repository.break_after:
            repository.breaks -= 1
            self.wfile.write(rest[: repository.break_after])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(rest)
        return None

    def _open(self, name: str) -> FakeRepository | None:
        repository = self.server.hub.repositories.get(name)
        if repository is None:
            self._json({"error": "Repository not found"}, status=404, code="RepoNotFound")
        elif repository.status != 200:
            self._json({"Message": "no"}, status=repository.status, code=repository.error_code)
        else:
            return repository
        return None

    def _json(self, content: object, *, status: int = 200, code: str = "") -> None:
        self._answer(
            status,
            headers={"Content-Type": "application/json", "X-Error-Code": code},
            content=json.dumps(content).encode(),
        )

    def _answer(
        self, status: int, *, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            if value:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def settings_for(endpoint: str, folder: Path, **more: str) -> HubSettings:
    return HubSettings.read({**variables(endpoint, folder), **more})


def variables(endpoint: str, folder: Path) -> dict[str, str]:
    return {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(folder / "hf"),
        "JINGPAI_CACHE": str(folder / "own"),
        "MODELSCOPE_ENDPOINT": endpoint,
        "MODELSCOPE_CACHE": str(folder / "shared"),
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
