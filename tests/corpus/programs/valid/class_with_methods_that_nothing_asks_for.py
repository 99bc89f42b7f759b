# %%
class Backlog:
    def __init__(self, issues):
        self.issues = list(issues)

    def __len__(self):
        return len(self.issues)

    def __lt__(self, other):
        return len(self.issues) < len(other.issues)

    def __iter__(self):
        return iter(self.issues)

    def titles(self):
        return sorted(issue['title'] for issue in self.issues)

backlog = Backlog(await search_issues())
backlog.titles()
# %%
found = [backlog, Backlog([])]
longest = max(found, key=lambda each: len(each.issues))
[issue['number'] for issue in longest if len(issue['title']) > 3]
# %%
# restore
by_size = sorted(((len(each.issues), n) for n, each in enumerate(found)), reverse=True)
[by_size[0][1], len(found), len(longest.titles()) == len(longest.issues)]
