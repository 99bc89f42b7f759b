# expect: wrong-type | not-a-tool | not-awaited
# names: list_files
# %%
record_metric('mails', 1)
await send_email('ada@shop.example', 'Files', list_files)
