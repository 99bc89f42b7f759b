# expect: unknown-name
# names: customers
# %%
buyers = await find_people('dana')
# %%
# restore
await notify('#crm', 'continuing with the customers')
for c in customers:
    await send_email(c['email'], 'News', 'Autumn sale')
