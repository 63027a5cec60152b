"""GStreamer's RTSP server with a test picture, run by the system's Python, which has its bindings.

Arguments: pipeline, login ("none", "basic" or "digest"), user, password. Prints the port when it listens.
"""

import sys

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: E402


def main() -> None:
    """Serve until killed."""
    pipeline, login, user, password = sys.argv[1:5]
    Gst.init(None)
    server = GstRtspServer.RTSPServer(service="0", address="127.0.0.1")
    factory = GstRtspServer.RTSPMediaFactory(launch=pipeline, shared=True)
    if login != "none":
        protect(server, factory, login, user, password)
    server.get_mount_points().add_factory("/gate", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def protect(server: object, factory: object, login: str, user: str, password: str) -> None:
    """Let only one user in."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    if login == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    server.set_auth(auth)  # type: ignore[attr-defined]
    rights = "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
    structure, _ = Gst.Structure.from_string(rights)
    factory.add_role_from_structure(structure)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
