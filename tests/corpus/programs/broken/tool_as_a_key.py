# expect: cannot-wait
# names: pairs = [(await get_issue(x), x) for x in [101, 102]]
# %%
await notify('#dev', 'longest first')
max([101, 102], key=get_issue)
