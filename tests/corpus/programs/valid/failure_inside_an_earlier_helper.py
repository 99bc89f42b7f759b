# %%
def parse_price(text):
    value, currency = text.split()
    return float(value), currency

parse_price('12.50 EUR')
# %%
# raises: ValueError
csv_text = await read_text('/data/prices.csv')
rows = [line.split(',') for line in csv_text.strip().split('\n')[1:]]
prices = {}
for sku, price, currency in rows:
    prices[sku] = parse_price(f'{price} {currency}')
done = True
# %%
def parse_price(text):
    value, currency = text.split()
    try:
        return float(value), currency
    except ValueError:
        return None, currency

prices[sku] = parse_price(f'{price} {currency}')
# %%
{'prices': prices, 'rows': len(rows)}
