"""Copies of maps as jobs: PDF, atlas, slides, one file for a stick; made with the rights of the moment, recorded."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.orm import Session

from app import one_file
from app.database import acting
from app.job_context import Context
from geodata import crs
from geodata.problems import InvalidValue
from surveys import audit, wall_clock
from surveys.access import Actor
from surveys.map_pages import asked, content, paper, screen, slides
from surveys.map_pages.asked import Asked
from surveys.map_pages.content import Content
from surveys.map_state import MapState

FONTS = Path(__file__).parent / "static/vendor/be-vietnam-pro/print"
PDF, ATLAS, SLIDES, FILE = "map_pdf", "map_atlas", "map_slides", "map_file"
ENDINGS = {PDF: "pdf", ATLAS: "pdf", SLIDES: "pptx", FILE: "html"}
MOST_PAGES = 60
COMMUNES = text(
    "SELECT id FROM units WHERE level = 3 AND province_id = :province AND valid_to IS NULL AND :commune IN (0, id)"
    " AND coalesce(geom, point) IS NOT NULL"
    """ ORDER BY regexp_replace(name, '[0-9]+', '') COLLATE "vi-x-icu", left(substring(name, '[0-9]+'), 9)::int, id"""
)


def wanted(actor: Actor, kind: str, pages: list[Asked]) -> list[MapState]:
    """The states of what is asked for. Raises Forbidden, IncompatibleLayers (S7), InvalidValue."""
    if not 1 <= len(pages) <= MOST_PAGES:
        raise InvalidValue(field="pages", value=len(pages), reason=f"1–{MOST_PAGES}")
    states = [asked.state(actor, page, wall_clock.today()) for page in pages]
    for state in states:
        state.check()
    if kind == FILE:
        # A picture of one page says nothing of another; a file holds the data of all, to be laid over each other.
        states[0].check(*states[1:])
    return states


def pdf(context: Context) -> dict[str, Any]:
    """The kind `map_pdf`: a sheet for each page."""
    return _written(context, PDF, lambda session, states, out: _sheets(context, session, _each(context, states), out))


def atlas(context: Context) -> dict[str, Any]:
    """The kind `map_atlas`: the one page asked for, once for each commune in scope."""

    def write(session: Engine, states: list[MapState], out: Path) -> int:
        with acting(session, context.actor) as reading:
            given = {"province": context.actor.province_id, "commune": context.actor.commune_id}
            units = list(reading.scalars(COMMUNES, given))
        page = replace(_pages(context)[0], note="")
        each = [(replace(states[0], unit=unit, extent=None), page) for unit in units]
        return _sheets(context, session, each, out)

    return _written(context, ATLAS, write)


def pptx(context: Context) -> dict[str, Any]:
    """The kind `map_slides`: a slide for each page."""
    from geodata.render import documents

    def write(engine: Engine, states: list[MapState], out: Path) -> int:
        each = _each(context, states)
        with tempfile.TemporaryDirectory(dir=context.folder) as pictures:

            def made() -> Iterator[slides.Slide]:
                for number, (state, page) in enumerate(each, start=1):
                    zone, read = _read_on_paper(context, engine, state)
                    picture = Path(pictures) / f"{number}.png"
                    documents.write_picture(paper.drawing(read, zone), slides.PICTURE, FONTS, picture)
                    legend = tuple(entry.text for entry in paper.legend(read))
                    yield slides.Slide(read, picture, legend, page.title, page.note)
                    context.progress(number, len(each))

            slides.write(made(), _name(context), out)
        return len(each)

    return _written(context, SLIDES, write)


def file(context: Context) -> dict[str, Any]:
    """The kind `map_file`: all pages in one HTML file that asks nobody for anything."""

    def write(engine: Engine, states: list[MapState], out: Path) -> int:
        pages, each = screen.Pages(), _each(context, states)
        for number, (state, page) in enumerate(each, start=1):
            with acting(engine, context.actor) as session:
                read = content.read(session, context.actor, state, wall_clock.today(), screen.plane, _language(context))
            pages.add(read, name=page.title, note=page.note)
            context.progress(number, len(each))
        one_file.write(pages.data(), context.parameters, context.config, _name(context), wall_clock.today(), out)
        return len(each)

    return _written(context, FILE, write)


def _written(context: Context, kind: str, write: Callable[[Engine, list[MapState], Path], int]) -> dict[str, Any]:
    """Writes, records who took what for what purpose, and only then gives the file its name."""
    engine = create_engine(context.urls.web, poolclass=NullPool)
    out = context.folder / f"{_stem(kind)}.{ENDINGS[kind]}"
    unrecorded = out.with_name(f".{out.name}.new")
    actor = context.actor
    try:
        states = wanted(actor, kind, _pages(context))
        made = write(engine, states, unrecorded)
        keys = sorted(set().union(*(state.keys for state in states)))
        with acting(engine, actor) as session:
            audit.record(
                session, actor, "export", layer=keys[0] if len(keys) == 1 else None, area=states[0].unit,
                purpose=context.purpose,
                detail={"job": str(context.id), "kind": kind, "pages": made, "layers": keys},
            )  # fmt: skip
        os.replace(unrecorded, out)
    finally:
        unrecorded.unlink(missing_ok=True)
        engine.dispose()
    return {
        "file": out.name, "bytes": out.stat().st_size, "pages": made, "layers": keys,
        "province": actor.province_id, "commune": actor.commune_id,
    }  # fmt: skip


def _sheets(context: Context, engine: Engine, each: list[tuple[MapState, Asked]], out: Path) -> int:
    from geodata.render import documents

    def pages() -> Iterator[Any]:
        for state, page in each:
            zone, read = _read_on_paper(context, engine, state)
            made = paper.page(read, zone, name=page.title, sources=_sources(read))
            yield replace(made, notes=(page.note, *made.notes) if page.note else made.notes)

    documents.write_pdf(pages(), len(each), _sheet(context), FONTS, out, context.progress)
    return len(each)


def _read_on_paper(context: Context, engine: Engine, state: MapState) -> tuple[crs.Zone, Content]:
    sheet = _sheet(context)
    with acting(engine, context.actor) as session:
        zone = _zone(session, context.actor)
        read = content.read(
            session,
            context.actor,
            state,
            wall_clock.today(),
            lambda bounds: paper.plane(sheet, zone, bounds),
            _language(context),
        )
    return zone, read


def _sheet(context: Context) -> Any:
    from geodata.render.sheets import Sheet

    return Sheet(context.parameters.get("paper", "A4"), context.parameters.get("landscape", True))


def _zone(session: Session, actor: Actor) -> crs.Zone:
    code = session.execute(text("SELECT code FROM units WHERE id = :id"), {"id": actor.province_id}).scalar_one()
    return crs.zone_for_province(code)


def _sources(read: Content) -> tuple[str, ...]:
    province = read.place.path[0]
    return (f"Địa Bàn, {province.kind} {province.name}",)


def _pages(context: Context) -> list[Asked]:
    return [asked.from_json(page) for page in context.parameters["pages"]]


def _each(context: Context, states: list[MapState]) -> list[tuple[MapState, Asked]]:
    return list(zip(states, _pages(context), strict=True))


def _language(context: Context) -> str:
    return str(context.parameters.get("language", "vi"))


def _name(context: Context) -> str:
    return str(context.parameters.get("name") or "Địa Bàn")


def _stem(kind: str) -> str:
    return {PDF: "ban_do", ATLAS: "tap_ban_do", SLIDES: "trinh_chieu", FILE: "ban_mang_theo"}[kind] + (
        f"_{wall_clock.today():%Y%m%d}"
    )
