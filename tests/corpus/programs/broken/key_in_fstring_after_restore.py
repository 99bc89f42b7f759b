# expect: unknown-key
# names: order_id
# %%
dana = (await find_people('dana'))[0]
receipt = await place_order(dana['id'], [{'sku': 'MUG-5', 'quantity': 2}], {'street': 'A', 'city': 'B', 'zip': 'C'})
# %%
# restore
await notify('#orders', 'thanking a customer')
await send_email(dana['email'], 'Thank you', f"Your order is {receipt['order']}.")
