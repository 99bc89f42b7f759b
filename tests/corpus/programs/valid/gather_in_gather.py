# %%
import asyncio

async def product_report(product):
    levels, quote = await asyncio.gather(
        stock(product['sku']),
        quote_shipping({'street': '-', 'city': 'Oslo', 'zip': '0001'}, product['weight_kg']),
    )
    return product['sku'], sum(levels.values()), quote['cost']

# %%
products = await list_products()
reports = await asyncio.gather(*(product_report(p) for p in products))
reports
# %%
async def everything():
    a, b = await asyncio.gather(
        asyncio.gather(*[get_issue(i['number']) for i in await search_issues()]),
        asyncio.gather(get_weather('Oslo'), get_weather('Lisbon')),
    )
    return [len(x['comments']) for x in a], [w['conditions'] for w in b]

# %%
# restore
r = await everything()
r, max(reports, key=lambda t: t[2])[0]
