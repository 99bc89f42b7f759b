# %%
raw = await read_bytes('/data/logo.bin')
print(raw[:4], len(raw))
# %%
is_png = raw[1:4] == b'PNG'
numbers = list(raw[4:])
hexed = raw.hex()
# %%
import hashlib, base64
digest = hashlib.sha256(raw).hexdigest()
copy = raw + b'\x01\x02'
size = write_file('/data/copy.bin', copy)
(is_png, numbers, hexed, digest[:12], base64.b64encode(raw).decode(), size, copy)
