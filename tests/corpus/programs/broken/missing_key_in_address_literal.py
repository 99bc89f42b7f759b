# expect: missing-key
# names: zip
# %%
await notify('#logistics', 'quote wanted')
q = await quote_shipping({'street': 'Storgata 1', 'city': 'Oslo'}, 2.0)
q['cost']
