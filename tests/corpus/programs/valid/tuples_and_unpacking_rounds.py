# %%
(lat, lon), (lat2, lon2) = await coordinates('Oslo'), await coordinates('Lisbon')
lat, lat2 = lat2, lat
lat
# %%
rows = [(c, *await coordinates(c)) for c in ('Oslo', 'Nairobi')]
for rank, (city, north, _) in enumerate(sorted(rows, key=lambda r: r[1]), 1):
    print(rank, city, north)
# %%
a = b = [0]
b += [1]
x, y, *z = 'abcde'
(first, *_), last = rows
[a, z, first, last[0], a is b]
