# expect: missing-argument
# names: body
# %%
opened = await create_issue('Stock is wrong', 'LMP-4 shows 0 everywhere', labels=['inventory'])
second = await create_issue(title='Prices are wrong')
[opened['number'], second['number']]
