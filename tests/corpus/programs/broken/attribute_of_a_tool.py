# expect: not-a-tool | unknown-attribute
# names: list_products
# %%
seen = {}
# %%
await notify('#shop', 'only kitchen')
kitchen = await list_products.filter(category='kitchen')
seen.update({p['sku']: p for p in kitchen})
