"""The demo's camera: a school gate that moves, H.264 over RTSP, and a head that turns."""
