# silent_files.py - mounts a filesystem at PATH whose server is there and never answers
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes, os, signal, sys

libc = ctypes.CDLL(None, use_errno=True)
server = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
if libc.mount(b"silent", sys.argv[1].encode(), b"fuse", 0, options) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
signal.pause()
