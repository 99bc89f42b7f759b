"""The refund desk: over HTTP and from the command line, killed at its worst moments and started again."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models.function import FunctionModel
from starlette.testclient import TestClient
from support.desk_service import (
    BROKEN,
    PICKUPS,
    SMALL,
    DeskService,
    environment,
    mailed,
    pickups,
    refunds,
    started,
    state,
    until,
)

from examples.refund_desk.app import app
from examples.refund_desk.book import Book
from examples.refund_desk.cli import main as command_line
from examples.refund_desk.conversation import Decided, NotPossible
from examples.refund_desk.desk import Desk, open_desk
from examples.refund_desk.view import Said, told

ROOT = Path(__file__).parents[2]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DeskService]:
    service = DeskService(tmp_path)
    yield service
    service.kill()


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The service in this process."""
    for name, value in environment(tmp_path, 0).items():
        monkeypatch.setenv(name, value)
    with TestClient(app, base_url='http://localhost') as client:
        yield client  # pyright: ignore[reportReturnType] - it has the methods of httpx's client


class Forms(HTMLParser):
    """The forms that decide on one call, by the label of their button."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}
        self._button: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or '' for name, value in attrs}
        if tag == 'form':
            self._fields = {}
        elif tag == 'input':
            self._fields[given['name']] = given.get('value', '')
        elif tag == 'button':
            self._button = ''
            self._fields[given.get('name', '')] = given.get('value', '')

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button += data

    def handle_endtag(self, tag: str) -> None:
        if tag == 'button' and self._button is not None:
            self.found[self._button] = dict(self._fields)
            self._button = None


def asked(client: Any, prompt: str) -> Any:
    """The page of a conversation that was just begun."""
    return client.post('/conversations', data={'prompt': prompt}, follow_redirects=True)


def ask(service: DeskService, prompt: str) -> None:
    httpx.post(f'{service.url}/conversations', data={'prompt': prompt})


def decided(client: Any, page: Any, button: str, **changed: str) -> Any:
    """The page after a button was pressed."""
    fields = {**Forms(page.text).found[button], **changed}
    return client.post(f'{page.url.copy_with(fragment=None)}/decisions', data=fields, follow_redirects=True)


def text_of(page: Any) -> str:
    """What a page says, as one line."""
    return ' '.join(re.sub(r'<[^>]*>', ' ', page.text).split())


def test_small_refunds_are_made_and_large_ones_wait_with_their_code(pages: Any, tmp_path: Path) -> None:
    page = asked(pages, BROKEN)
    assert '2 calls wait for you' in text_of(page)
    assert 'Order 1031 · Espresso machine · € 389.00' in text_of(page)
    assert page.text.count('class="waits"') == 3  # in the cell, and beside each call
    assert refunds(tmp_path) == [*SMALL.items()]
    assert mailed(tmp_path) == []


def test_one_is_changed_and_the_other_denied_later(pages: Any, tmp_path: Path) -> None:
    page = decided(pages, asked(pages, BROKEN), 'Approve: Refund Ada Lindqvist', amount='200')
    assert 'One call waits for you' in text_of(page)
    assert 'Refund Ada Lindqvist: approved , with € 200.00' in text_of(page)
    page = decided(pages, page, 'Deny: Refund Lucía Romero', message='Send a photo first.')
    assert 'Lucía Romero’s refund was declined: “Send a photo first.”' in text_of(page)
    assert refunds(tmp_path) == sorted([*SMALL.items(), (1031, 20000)])
    assert len(mailed(tmp_path)) == 5


def test_all_are_approved_at_once_and_a_further_question_knows_the_orders(pages: Any, tmp_path: Path) -> None:
    page = asked(pages, BROKEN)
    first, second = (Forms(page.text).found[f'Approve: Refund {name}'] for name in ('Ada Lindqvist', 'Lucía Romero'))
    conversation = page.url.copy_with(fragment=None)
    both = {'wait': [first['wait'], second['wait']], 'verdict': 'approve'}
    pages.post(f'{conversation}/decisions', data=both)
    assert refunds(tmp_path) == sorted([*SMALL.items(), (1031, 38900), (1035, 24900)])
    question = {'prompt': 'Did any of them have trouble with us before?'}
    page = pages.post(f'{conversation}/questions', data=question, follow_redirects=True)
    assert 'Yes: Ada Lindqvist, Ingrid Solberg, Keiko Tanaka and Lucía Romero.' in text_of(page)


def test_a_button_that_is_pressed_in_two_windows_counts_once(pages: Any, tmp_path: Path) -> None:
    page = asked(pages, BROKEN)
    decided(pages, page, 'Approve: Refund Ada Lindqvist')
    again = decided(pages, page, 'Approve: Refund Ada Lindqvist', amount='100')
    assert (again.status_code, 'This was decided already' in again.text) == (409, True)
    assert refunds(tmp_path) == sorted([*SMALL.items(), (1031, 38900)])


def test_more_than_was_paid_is_not_refunded(pages: Any, tmp_path: Path) -> None:
    page = decided(pages, asked(pages, BROKEN), 'Approve: Refund Ada Lindqvist', amount='4000')
    assert 'Of order 1031, 389.00 can be refunded, not 4000.' in text_of(page)
    assert refunds(tmp_path) == [*SMALL.items()]


def test_a_cell_that_is_refused_is_shown_with_what_the_model_was_told(pages: Any) -> None:
    page = text_of(asked(pages, 'Which of our products break most often?'))
    assert 'What the model was told find_orders() has no parameter' in page
    assert 'The kettle: 3 of 5 arrived broken.' in page


def test_what_the_script_does_not_know_is_said(pages: Any) -> None:
    assert 'No language model is connected. The script' in asked(pages, 'Make me rich.').text


def test_orders_and_conversations_are_listed(pages: Any) -> None:
    asked(pages, BROKEN)
    assert '2 waiting' in text_of(pages.get('/'))
    assert '1030 Emeka Obi Kettle 7 Nov 2026 broken 17 Nov 2026 € 39.50 € 39.50' in text_of(pages.get('/orders'))
    assert pages.get('/conversations/nothing').status_code == 404


def test_forms_of_other_sites_and_other_names_of_this_machine_are_refused(pages: Any, tmp_path: Path) -> None:
    foreign = pages.post('/conversations', data={'prompt': BROKEN}, headers={'Sec-Fetch-Site': 'cross-site'})
    assert foreign.status_code == 403
    for origin in ('http://evil.example.com', 'http://localhost:8001', 'null'):  # of browsers that send nothing else
        foreign = pages.post('/conversations', data={'prompt': BROKEN}, headers={'Origin': origin})
        assert foreign.status_code == 403
    own = pages.post('/conversations', data={'prompt': 'What is this?'}, headers={'Origin': 'http://localhost'})
    assert own.status_code == 200
    assert pages.get('/', headers={'Host': 'shop.example.com'}).status_code == 400
    assert pages.get('/').headers['Content-Security-Policy'] == "frame-ancestors 'none'"
    assert refunds(tmp_path) == []


@pytest.mark.parametrize('amount', ['9' * 5_000, '0.' + '0' * 5_000 + '1', '1e5000', 'NaN', '-1', '0', '1.999'])
def test_an_amount_that_is_none_changes_nothing(amount: str, pages: Any, tmp_path: Path) -> None:
    page = asked(pages, BROKEN)
    form = Forms(page.text).found['Approve: Refund Ada Lindqvist']
    answer = pages.post(f'{page.url.copy_with(fragment=None)}/decisions', data={**form, 'amount': amount})
    assert answer.status_code == 422
    assert refunds(tmp_path) == [*SMALL.items()]
    with pytest.raises(SystemExit):
        command_line(['approve', 'x/3', '--amount', amount])


@pytest.mark.parametrize('prompt', ['', '   ', '\n\t', 'x' * 2_001])
def test_a_prompt_that_is_none_begins_nothing(prompt: str, pages: Any) -> None:
    assert pages.post('/conversations', data={'prompt': prompt}).status_code == 422
    assert '/conversations/' not in pages.get('/').text
    with pytest.raises(SystemExit):
        command_line(['ask', prompt])


def test_killed_in_a_refund_then_waiting_then_in_an_approved_one(service: DeskService) -> None:
    folder = service.folder
    service.start(pace_seconds=60)
    ask(service, BROKEN)
    until(lambda: refunds(folder))
    service.kill()  # while the first refunds have taken effect and not answered

    service.start()
    until(lambda: state(folder) == 'waiting')
    assert refunds(folder) == [*SMALL.items()]
    service.kill()  # while it waits

    service.start(pace_seconds=60)
    with httpx.Client(base_url=service.url) as client:
        page = client.get(conversation(client))
        page = decided(client, page, 'Approve: Refund Ada Lindqvist', amount='200')
        assert 'The desk is at work.' in page.text
    until(lambda: (1031, 20000) in refunds(folder))
    service.kill()  # while the approved refund has taken effect and not answered

    service.start()
    until(lambda: state(folder) == 'waiting')
    with httpx.Client(base_url=service.url) as client:
        page = decided(client, client.get(conversation(client)), 'Deny: Refund Lucía Romero')
        until(lambda: state(folder) == 'done')
        assert 'I refunded 4 of 5 orders, € 351.90 in all.' in client.get(page.url).text
    assert refunds(folder) == sorted([*SMALL.items(), (1031, 20000)])
    assert len(mailed(folder)) == 5


@pytest.mark.parametrize(
    ('button', 'expected'),
    [('It was done', [1008, 1017, 1027]), ('Do it again: Order pickup', [1008, 1008, 1017, 1027])],
)
def test_a_person_says_what_became_of_a_call_that_takes_no_keys(
    service: DeskService, button: str, expected: list[int]
) -> None:
    service.start(pace_seconds=60)
    ask(service, PICKUPS)
    until(lambda: pickups(service.folder))
    service.kill()

    service.start()
    until(lambda: state(service.folder) == 'waiting')
    with httpx.Client(base_url=service.url) as client:
        page = client.get(conversation(client))
        assert 'Nobody knows whether it took effect.' in page.text
        decided(client, page, button)
    until(lambda: state(service.folder) == 'done')
    assert pickups(service.folder) == expected


def test_what_is_decided_while_others_run_is_done_after_them(service: DeskService) -> None:
    service.start()
    ask(service, BROKEN)
    service.kill()
    service.start(pace_seconds=60)
    with httpx.Client(base_url=service.url) as client:
        page = client.get(conversation(client))
        decided(client, page, 'Approve: Refund Ada Lindqvist')
        assert state(service.folder) == 'running'
        decided(client, page, 'Approve: Refund Lucía Romero')
    service.kill()

    service.start()
    until(lambda: state(service.folder) == 'done')
    assert refunds(service.folder) == sorted([*SMALL.items(), (1031, 38900), (1035, 24900)])
    assert len(mailed(service.folder)) == 5


def test_stopped_in_a_refund_it_goes_on_when_started_again(service: DeskService) -> None:
    service.start(pace_seconds=1)
    ask(service, BROKEN)
    until(lambda: refunds(service.folder))
    service.stop()

    service.start()
    until(lambda: state(service.folder) == 'waiting')
    assert refunds(service.folder) == [*SMALL.items()]


def test_another_service_over_the_same_folder_takes_over_from_a_killed_one(service: DeskService) -> None:
    service.start(pace_seconds=60)
    ask(service, BROKEN)
    until(lambda: refunds(service.folder))
    other = DeskService(service.folder)
    other.start()
    assert state(service.folder) == 'running'
    service.kill()
    until(lambda: state(service.folder) == 'waiting')
    other.kill()
    assert refunds(service.folder) == [*SMALL.items()]


def test_a_conversation_whose_state_is_lost_fails_and_says_why(service: DeskService) -> None:
    service.start()
    ask(service, BROKEN)
    service.kill()
    for path in service.folder.glob('agent.db*'):
        path.unlink()

    service.start()
    with httpx.Client(base_url=service.url) as client:
        page = client.get(conversation(client))
        page = decided(client, page, 'Approve: Refund Ada Lindqvist')
        until(lambda: state(service.folder) == 'failed')
        page = client.get(page.url)
        assert 'This could not continue JournalMismatch:' in text_of(page)
        page = client.post(f'{page.url.copy_with(fragment=None)}/again', follow_redirects=True)
        until(lambda: state(service.folder) == 'failed')
    assert refunds(service.folder) == [*SMALL.items()]


def printed(folder: Path, *arguments: str, code: int = 0) -> str:
    """What a command prints; it must end well, or as expected."""
    process = started(command_line, *arguments, folder=folder, pace_seconds=0)
    process.join(60)
    output = (folder / 'output.log').read_text()
    assert process.exitcode == code, output
    return output


class Killed(BaseException):
    """Stands for the end of the process."""


@dataclass(frozen=True)
class DyingBook(Book):
    """A book at whose n-th moment the process ends; there is one before and one after each write of a run."""

    moments: list[int]

    def give(self, id: str, answers: Any, decided: Any) -> None:
        with self._dangerous():
            super().give(id, answers, decided)

    def came_further(self, id: str, history: bytes) -> None:
        with self._dangerous():
            super().came_further(id, history)

    def rest(self, id: str, history: bytes, requests: Any) -> None:
        with self._dangerous():
            super().rest(id, history, requests)

    @contextmanager
    def _dangerous(self) -> Generator[None]:
        self._moment()
        yield
        self._moment()

    def _moment(self) -> None:
        self.moments[0] -= 1
        if self.moments[0] == 0:
            raise Killed


async def come_to_the_end(desk: Desk) -> str:
    """A person who asks, approves one refund, denies the other when it waits alone, and reads the answer."""
    if not desk.book.newest():
        desk.book.ask(BROKEN)
    while (conversation := await desk.bring_on(desk.book.newest()[0].id)).waiting:
        call = conversation.waiting[0]
        verdict = 'approve' if call.args['order_id'] == 1031 else 'deny'
        desk.book.decide(conversation.id, [Decided(wait=call.wait_id, verdict=verdict)])
    said = told(conversation)[-1]
    assert isinstance(said, Said)
    return said.text


@pytest.mark.anyio
async def test_between_any_two_writes_the_desk_may_end_and_nothing_is_lost_or_done_twice(tmp_path: Path) -> None:
    moment, is_dead = 0, True
    while is_dead:
        moment, is_dead = moment + 1, False
        folder, moments = tmp_path / str(moment), [moment]
        try:
            async with open_desk(folder) as desk:
                desk.book = DyingBook(desk.book.path, moments)
                answer = await come_to_the_end(desk)
        except Killed:
            is_dead = True
            async with open_desk(folder) as desk:
                answer = await come_to_the_end(desk)
        assert answer.startswith('I refunded 4 of 5 orders, € 540.90 in all. Lucía Romero’s refund was declined'), (
            moment
        )
        assert refunds(folder) == sorted([*SMALL.items(), (1031, 38900)]), moment
        assert len(mailed(folder)) == 5, moment
    assert moment == 2 * 8 + 1  # three cells, three rests, two times answers


@pytest.mark.anyio
async def test_what_failed_is_tried_again_from_where_it_was(tmp_path: Path) -> None:
    def down(*_: object) -> ModelResponse:
        raise ConnectionError('the provider is down')

    async with open_desk(tmp_path) as desk:
        id = desk.book.ask(BROKEN)
        with desk.agent.override(model=FunctionModel(down)):
            failed = await desk.bring_on(id)
        assert (failed.state, failed.error) == ('failed', 'ConnectionError: the provider is down')
        with pytest.raises(NotPossible, match='has not come to its end'):
            desk.book.ask_further(id, 'And now?')
        desk.book.try_again(id)
        assert (await come_to_the_end(desk)).startswith('I refunded 4 of 5 orders')


def run(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """A program of the desk's as a person starts it, without a warning."""
    return subprocess.Popen(
        [sys.executable, '-W', 'error', '-W', 'ignore::ResourceWarning', '-m', *arguments],
        cwd=ROOT,
        env=environment(folder, 60),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_service_is_started_with_a_command(tmp_path: Path) -> None:
    service = DeskService(tmp_path)
    process = run('examples.refund_desk', '--port', str(service.port), folder=tmp_path)
    until(lambda: answers(service) or process.poll() is not None)
    process.terminate()
    printed, errors = process.communicate(timeout=60)
    assert (process.returncode, printed) == (-signal.SIGTERM, '')
    lines = [line for line in errors.splitlines() if not line.startswith('The key file ')]
    assert all(line.startswith('INFO') for line in lines)


def answers(service: DeskService) -> bool:
    try:
        return httpx.get(service.url).status_code == 200
    except httpx.TransportError:
        return False


def test_from_the_command_line_killed_in_a_refund(tmp_path: Path) -> None:
    killed = run('examples.refund_desk.cli', 'ask', BROKEN, folder=tmp_path)
    until(lambda: refunds_if_any(tmp_path))
    killed.kill()
    killed.communicate()

    assert '>         return await refund(' in printed(tmp_path, 'go-on')
    assert refunds(tmp_path) == [*SMALL.items()]
    waiting = printed(tmp_path, 'waiting')
    calls: Mapping[str, str] = {name: call for call, name in re.findall(r'^(\S+)  Refund ([^:]+):', waiting, re.M)}
    assert [*calls] == ['Ada Lindqvist', 'Lucía Romero']

    printed(tmp_path, 'approve', calls['Ada Lindqvist'], '--amount', '200')
    told = printed(tmp_path, 'deny', calls['Lucía Romero'], '--message', 'Send a photo first.')
    assert 'Lucía Romero’s refund was declined: “Send a photo first.”' in told
    assert 'waits' in printed(tmp_path, 'deny', calls['Lucía Romero'], code=1)
    assert refunds(tmp_path) == sorted([*SMALL.items(), (1031, 20000)])
    assert len(mailed(tmp_path)) == 5


def test_the_command_line_leaves_to_the_service_what_it_works_on(service: DeskService) -> None:
    service.start(pace_seconds=60)
    ask(service, BROKEN)
    until(lambda: refunds(service.folder))
    assert 'Another process is working on this conversation.' in printed(service.folder, 'go-on', code=1)


def refunds_if_any(folder: Path) -> bool:
    try:
        return bool(refunds(folder))
    except sqlite3.OperationalError:
        return False  # the tables are not there yet


def conversation(client: httpx.Client) -> str:
    """The address of the one conversation there is."""
    found = re.search(r'/conversations/\w{8}', client.get('/').text)
    assert found is not None
    return found[0]
