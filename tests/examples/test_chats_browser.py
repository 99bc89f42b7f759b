"""The two chat apps in Chromium: approve, deny, answer twice, replay every request, edit, reload, two tabs. Every effect
happens once, and none that nobody saw.

Where there is no Chromium these are skipped, unless `GRAIL_NEEDS_BROWSER` is set, as `.ci/run` does.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from support.chat_service import APPS, ChatService

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
SKIPPED = 'There is no Chromium, so the chats were not tried in a browser. On Debian: apt-get install chromium'


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


@pytest.fixture(params=sorted(APPS))
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ChatService]:
    service = ChatService(tmp_path, request.param)
    service.start()
    yield service
    service.kill()


@pytest.fixture
def page(browser: Browser, service: ChatService) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f'{service.url}/?chat=c')
        ready(page)
        yield page


def ready(page: Page) -> None:
    expect(page.get_by_role('status')).to_have_text('ready')


def say(page: Page, text: str) -> None:
    page.get_by_label('Message').fill(text)
    page.get_by_role('button', name='Send').click()


def waits_for(page: Page, *orders: int) -> None:
    texts = [f"refund(order={order}, amount=Decimal('12.50'))" for order in orders]
    expect(page.locator('.call')).to_have_text(texts)


def approve(page: Page) -> None:
    page.get_by_role('button', name='Approve').click()


def test_each_call_is_shown_before_it_is_made(service: ChatService, page: Page) -> None:
    say(page, 'refund 7 8 9')
    for made in ([], [7], [7, 8]):
        waits_for(page, 7 + len(made))
        ready(page)
        assert service.refunds() == made
        approve(page)
    expect(page.locator('.said')).to_contain_text('refunded 12.50 for 9')
    assert service.refunds() == [7, 8, 9]


def test_calls_are_shown_while_the_cell_runs(page: Page) -> None:
    say(page, 'refund together 7 8')
    waits_for(page, 7, 8)
    expect(page.locator('.made')).to_have_text(['calls refund', 'calls refund'])


def test_a_denied_call_is_not_made_and_those_before_it_are_told(service: ChatService, page: Page) -> None:
    say(page, 'refund 7 8')
    waits_for(page, 7)
    approve(page)
    waits_for(page, 8)
    page.get_by_role('button', name='Deny').click()
    expect(page.locator('.output').last).to_contain_text('refund(order=7')
    ready(page)
    assert service.refunds() == [7]


def test_calls_are_decided_on_one_by_one(service: ChatService, page: Page) -> None:
    say(page, 'refund together 7 8')
    waits_for(page, 7, 8)
    page.get_by_label("Decision on refund(order=7, amount=Decimal('12.50'))").select_option('deny')
    page.get_by_label("Text for refund(order=7, amount=Decimal('12.50'))").fill('ask first')
    page.get_by_label("Decision on refund(order=8, amount=Decimal('12.50'))").select_option('approve')
    page.get_by_role('button', name='Decide').click()
    expect(page.locator('.output').last).to_contain_text('ask first')
    ready(page)
    assert service.refunds() == [8]


def test_somebody_else_gives_the_result(service: ChatService, page: Page) -> None:
    say(page, 'pick up 7')
    expect(page.locator('.call')).to_have_text('pick_up(order=7, day=datetime.date(2026, 12, 1))')
    page.get_by_label('Decision on pick_up').select_option('result')
    page.get_by_label('Text for pick_up').fill('at ten')
    page.get_by_role('button', name='Decide').click()
    expect(page.locator('.said')).to_have_text('The carrier: at ten')


def test_every_request_that_is_sent_twice_has_its_effect_once(service: ChatService, page: Page) -> None:
    def twice(route: Route) -> None:
        route.fetch()
        route.continue_()

    page.route('**/chat', twice)
    say(page, 'refund 7 8 9')
    for made in ([], [7], [7, 8]):
        waits_for(page, 7 + len(made))
        assert service.refunds() == made
        approve(page)
    expect(page.locator('.said')).to_contain_text('for 9')
    assert service.refunds() == [7, 8, 9]


def test_all_requests_replayed_at_the_end_and_in_any_order_change_nothing(service: ChatService, page: Page) -> None:
    sent: list[str] = []
    page.on('request', lambda request: sent.append(request.post_data or '') if request.method == 'POST' else None)
    say(page, 'refund 7 8 9')
    for order in (7, 8, 9):
        waits_for(page, order)
        approve(page)
    expect(page.locator('.said')).to_contain_text('for 9')
    for body in [*sent[1:], *reversed(sent[1:])]:
        page.request.post(f'{service.url}/chat', data=body, headers={'content-type': 'application/json'})
    assert service.refunds() == [7, 8, 9]


def test_a_double_click_is_one_answer(service: ChatService, page: Page) -> None:
    say(page, 'refund 7 8')
    waits_for(page, 7)
    page.get_by_role('button', name='Approve').dblclick()
    waits_for(page, 8)
    ready(page)
    assert service.refunds() == [7]


def test_a_page_that_is_reloaded_in_the_middle_goes_on(service: ChatService, page: Page) -> None:
    say(page, 'refund 7 8')
    waits_for(page, 7)
    ready(page)
    page.reload()
    waits_for(page, 7)
    approve(page)
    page.reload()  # perhaps while it runs
    ready(page)
    for _ in range(5):  # what was cut off is asked for again, and counts as it was
        approve(page)
        expect(page.get_by_role('status')).to_have_text(re.compile('ready|failed'))
        if page.locator('.said').count():
            break
        page.reload()
        ready(page)
    assert service.refunds() == [7, 8]


def test_of_two_tabs_each_approves_only_what_it_shows(service: ChatService, page: Page) -> None:
    say(page, 'refund 7 8 9')
    waits_for(page, 7)
    ready(page)
    other = page.context.new_page()
    other.goto(page.url)
    waits_for(other, 7)
    approve(page)
    waits_for(page, 8)
    ready(page)
    approve(other)  # what it shows was approved before
    waits_for(other, 8)
    assert service.refunds() == [7]
    approve(other)
    waits_for(other, 9)
    assert service.refunds() == [7, 8]
    approve(page)
    waits_for(page, 9)
    assert service.refunds() == [7, 8]


def test_an_edited_message_takes_the_conversation_back(service: ChatService, page: Page) -> None:
    say(page, 'note red')
    expect(page.locator('.said')).to_have_text('Noted: red')
    say(page, 'recall')
    expect(page.locator('.said').last).to_have_text('I have: red')
    page.once('dialog', lambda dialog: dialog.accept('refund 7'))
    page.get_by_role('button', name='Edit').last.click()
    waits_for(page, 7)
    approve(page)
    expect(page.locator('.said').last).to_contain_text('for 7')
    say(page, 'recall')
    expect(page.locator('.said').last).to_have_text('I have: red')
    page.once('dialog', lambda dialog: dialog.accept('recall'))
    page.get_by_role('button', name='Edit').first.click()
    expect(page.locator('.said')).to_have_text('I have: nothing')
    assert service.refunds() == [7]
