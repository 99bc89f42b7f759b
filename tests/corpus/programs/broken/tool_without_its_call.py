# expect: not-a-tool
# names: deploys
# %%
await notify('#ops', 'what was deployed')
for d in deploys:
    print(d['service'], d['version'])
