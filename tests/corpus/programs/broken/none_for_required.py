# expect: wrong-type
# names: path
# %%
write_file('/tmp/marker', 'x')
text = await read_text(None)
text.splitlines()
