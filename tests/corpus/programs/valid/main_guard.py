# %%
import asyncio

async def main():
    orders, products = await asyncio.gather(list_orders(), list_products())
    prices = {p['sku']: p['price'] for p in products}
    wrong = []
    for o in orders:
        expected = sum(prices[l['sku']] * l['quantity'] for l in o['lines'])
        if expected != o['total']:
            wrong.append(o['id'])
    return wrong

if __name__ == '__main__':
    wrong = await main()
    print('wrong totals:', wrong)
# %%
if __name__ == '__main__' and not wrong:
    print('all good')
checked = True
# %%
wrong, checked
