# One image for web, worker, publisher, beat and the demo's simulators; docker-compose.yml says which is which.
FROM python:3.11-slim-bookworm

RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap ca-certificates git libseccomp2 python3 util-linux \
 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uv==0.13.8

WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --no-install-project
COPY bot bot
COPY tasks tasks
COPY integrations integrations
RUN uv sync --frozen --no-dev

RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sortie \
 && install -d -o sortie -g sortie -m 755 /var/lib/sortie
USER 10001:10001
VOLUME /var/lib/sortie
ENTRYPOINT ["sortie"]
CMD ["--help"]
