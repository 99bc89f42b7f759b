# expect: unknown-name
# names: Address
# %%
await notify('#logistics', 'quoting')
to = Address(street='Storgata 1', city='Oslo', zip='0155')
(await quote_shipping(to, 1.5))['cost']
