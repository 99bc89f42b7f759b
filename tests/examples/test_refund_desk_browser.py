"""The refund desk's page in a real browser: Chromium, wide and narrow, light and dark, by keyboard and without scripts.

Where there is no Chromium these are skipped, unless `GRAIL_NEEDS_BROWSER` is set, as `.ci/run` does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from support.desk_service import BROKEN, PICKUPS, SMALL, DeskService, mailed, pickups, refunds, state, until

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
SKIPPED = 'There is no Chromium, so the refund desk was not tried in a browser. On Debian: apt-get install chromium'


@pytest.fixture(scope='module')
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        if os.environ.get('GRAIL_NEEDS_BROWSER'):
            pytest.fail(SKIPPED)
        pytest.skip(SKIPPED)
    with sync_playwright() as playwright:
        expect.set_options(timeout=60_000)
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser
        browser.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DeskService]:
    service = DeskService(tmp_path)
    yield service
    service.kill()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={'width': 1280, 'height': 900}) as context:
        yield context.new_page()


def call(page: Page, about: str) -> Locator:
    """What is shown of a call that waits."""
    return page.get_by_role('region', name=about)


def test_a_person_decides_in_a_service_that_is_killed_in_between(service: DeskService, page: Page) -> None:
    service.start(pace_seconds=60)
    page.goto(service.url)
    page.get_by_label('Your request').fill(BROKEN)
    page.get_by_role('button', name='Ask').click()
    expect(page.get_by_role('status')).to_have_text('Working')
    until(lambda: refunds(service.folder))
    service.kill()  # in the middle of a refund

    service.start()
    expect(page.get_by_role('status')).to_have_text('2 waiting')  # the page follows by itself
    assert refunds(service.folder) == [*SMALL.items()]
    ada, lucia = call(page, 'Refund Ada Lindqvist'), call(page, 'Refund Lucía Romero')
    expect(ada).to_contain_text('1031 · Espresso machine · € 389.00')
    expect(ada.locator('li.waits')).to_contain_text("return await refund(order['id'], left,")
    service.kill()  # while it waits

    service.start(pace_seconds=60)
    ada.get_by_label('Amount in euros').fill('200')
    ada.get_by_role('button', name='Approve').click()
    expect(page.get_by_role('status')).to_have_text('Working')
    until(lambda: (1031, 20000) in refunds(service.folder))
    service.kill()  # in the middle of what was approved

    service.start()
    expect(page.get_by_role('heading', name='One call waits for you')).to_be_visible()
    lucia.get_by_label('Or deny, and say why').fill('Send a photo first.')
    lucia.get_by_role('button', name='Deny').click()
    expect(page.get_by_role('status')).to_have_text('Done')
    expect(page.locator('.said').last).to_have_text(
        'I refunded 4 of 5 orders, € 351.90 in all. '
        'Lucía Romero’s refund was declined: “Send a photo first.” Everybody has a mail.'
    )
    expect(page.locator('.decided').first).to_contain_text('Refund Ada Lindqvist: approved, with € 200.00')
    assert refunds(service.folder) == sorted([*SMALL.items(), (1031, 20000)])
    assert len(mailed(service.folder)) == 5


def test_a_call_of_unknown_fate_is_asked_about(service: DeskService, page: Page) -> None:
    service.start(pace_seconds=60)
    page.goto(service.url)
    page.get_by_role('button', name=PICKUPS).click()
    expect(page.get_by_role('status')).to_have_text('Working')
    until(lambda: pickups(service.folder))
    service.kill()

    service.start()
    expect(page.get_by_text('Nobody knows whether it took effect.')).to_be_visible()
    page.get_by_role('button', name='It was done').click()
    expect(page.get_by_role('status')).to_have_text('Done')
    assert pickups(service.folder) == [1008, 1017, 1027]


def test_everything_can_be_done_with_the_keyboard(service: DeskService, page: Page) -> None:
    service.start()
    page.goto(service.url)
    tab_to(page, 'prompt')
    page.keyboard.type(BROKEN)
    page.keyboard.press('Tab')
    page.keyboard.press('Enter')
    expect(page.get_by_role('status')).to_have_text('2 waiting')
    tab_to(page, 'amount')
    page.keyboard.press('Enter')
    expect(page.get_by_role('status')).to_have_text('1 waiting')
    tab_to(page, 'message')
    page.keyboard.type('No.')
    page.keyboard.press('Enter')
    expect(page.get_by_role('status')).to_have_text('Done')
    assert refunds(service.folder) == sorted([*SMALL.items(), (1031, 38900)])


def test_it_works_without_scripts(service: DeskService, browser: Browser) -> None:
    service.start(pace_seconds=0.3)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(service.url)
        page.get_by_role('button', name=BROKEN).click()
        page.get_by_role('button', name='Approve all 2').click()
        expect(page.get_by_text('I refunded 5 of 5 orders, € 789.90 in all.')).to_be_visible()
    assert state(service.folder) == 'done'


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [360, 1280])
def test_every_page_fits_and_can_be_read(
    service: DeskService, browser: Browser, width: int, scheme: Literal['light', 'dark']
) -> None:
    service.start()
    with browser.new_context(viewport={'width': width, 'height': 800}, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(service.url)
        assert objections(page) == []
        page.get_by_role('button', name='Which of our products').click()
        expect(page.get_by_role('status')).to_have_text('Done')
        assert objections(page) == []
        page.goto(service.url)
        page.get_by_role('button', name=BROKEN).click()
        expect(page.get_by_role('status')).to_have_text('2 waiting')
        assert objections(page) == []
        page.get_by_role('button', name='Approve all 2').click()
        expect(page.get_by_role('status')).to_have_text('Done')
        assert objections(page) == []
        for path in ('/', '/orders', '/conversations/nothing'):
            page.goto(f'{service.url}{path}')
            assert objections(page) == []


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the field of this name has the focus, and see that one sees where the focus is."""
    for _ in range(60):
        page.keyboard.press('Tab')
        outline: str = page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
        assert outline != 'none', 'something has the focus and does not show it'
        if page.evaluate('document.activeElement.name') == name:
            return
    raise AssertionError(f'no Tab leads to {name}')


def objections(page: Page) -> list[Any]:
    """What is wrong with a page: wider than the window, fields without a label, text that is too pale."""
    return page.evaluate(OBJECTIONS)


OBJECTIONS = """() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the window');
  for (const field of document.querySelectorAll('input:not([type=hidden]), textarea'))
    if (!field.labels.length) found.push(`${field.name} has no label`);
  for (const button of document.querySelectorAll('button'))
    if (button.getBoundingClientRect().height < 32) found.push(`${button.textContent} is too small to be hit`);
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const painted = (...colors) => {
    context.clearRect(0, 0, 1, 1);
    for (const color of colors) { context.fillStyle = color; context.fillRect(0, 0, 1, 1); }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((each) => (each /= 255) <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || element.closest('.hidden, .skip, noscript')) continue;
    const behind = [];
    for (let each = element; each; each = each.parentElement) behind.unshift(getComputedStyle(each).backgroundColor);
    const back = painted(...behind);
    const front = painted(...behind, getComputedStyle(element).color);
    const [light, dark] = [luminance(back), luminance(front)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.push(`${text.slice(0, 30)}: contrast ${contrast.toFixed(2)}`);
  }
  return found;
}"""
