# expect: unknown-attribute
# names: hours
# %%
d = (await deploys('worker'))[0]
# %%
await notify('#ops', 'worker deploy')
d['took'].hours
