# expect: wrong-type
# names: 'kitchen'
# %%
await notify('#shop', 'kitchen sale')
on_sale = await list_products('Kitchen')
[p['price'] / 2 for p in on_sale]
