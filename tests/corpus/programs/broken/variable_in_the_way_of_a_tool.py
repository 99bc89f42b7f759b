# expect: shadowed-tool
# names: deploys
# %%
deploys = await deploys('api')
print(len(deploys))
# %%
await notify('#ops', 'and the web?')
web = await deploys('web')
len(web)
