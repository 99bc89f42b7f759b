# expect: unknown-attribute
# names: ['took']
# %%
history = await deploys()
# %%
# restore
await notify('#ops', 'slowest deploy')
slowest = max(history, key=lambda d: d.took)
slowest['service']
