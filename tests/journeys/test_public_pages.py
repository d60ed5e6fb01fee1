"""The public pages in a real browser: both languages, both widths, nothing from elsewhere."""

import pytest
from playwright.sync_api import Browser

WIDTHS = {"desktop": (1280, 900), "phone": (360, 740)}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("locale", "told"), [("zh-CN", "属地查检预约"), ("en-GB", "Inspection appointments")]
)
def test_the_directory_reads_well(browser: Browser, address: str, locale: str, told: str, width: str) -> None:
    """Offices with phones or "not published yet", in the reader's language, without scrolling sideways."""
    columns, rows = WIDTHS[width]
    context = browser.new_context(locale=locale, viewport={"width": columns, "height": rows})
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    assert told in page.inner_text("h1")
    assert page.locator("table tbody tr").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= columns
    assert all(url.startswith(address) for url in asked)
    assert said == []
    context.close()


def test_from_the_directory_to_the_meaning_of_a_problem(browser: Browser, address: str) -> None:
    """Home, API reference, the page of a problem type: links lead there by keyboard."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name="API reference").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/api")
    assert page.get_by_text("/api/v1/bookings", exact=False).count() > 0
    page.goto(f"{address}/problems/no_place")
    assert "409" in page.inner_text("main")
    context.close()
