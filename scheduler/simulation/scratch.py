"""A database of the demonstration's own on the server of another one: made anew, whatever was in it."""

import psycopg
from psycopg import sql
from sqlalchemy import make_url


def make_anew(url: str, name: str) -> str:
    """Drop the database of this name, create it empty, and return its address.

    Only for databases that this program made itself: whoever uses it is thrown out.
    """
    address = make_url(url)
    admin = address.set(drivername="postgresql", database="postgres")
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return address.set(database=name).render_as_string(hide_password=False)
