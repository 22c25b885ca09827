# syntax=docker/dockerfile:1
# One image for web, worker, beat and the one-shot migrate; docker-compose.yml says which it is.
FROM node:22-bookworm-slim AS assets
WORKDIR /srv/portal
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=optional
COPY static static
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
WORKDIR /srv/portal
COPY pyproject.toml requirements.lock ./
# Fetched by hash, then only what runs the portal is installed from there: none of the tools for tests and checks.
RUN pip download --no-cache-dir --require-hashes --requirement requirements.lock --dest /wheels \
    && python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > /wheels/wanted.txt \
    && python -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-cache-dir --no-index --find-links /wheels --requirement /wheels/wanted.txt

FROM python:3.11-slim-bookworm
# What WeasyPrint needs to make PDF files; without it people print the pages themselves.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
# A fixed number, so that a folder of the host can be given to it.
RUN useradd --system --uid 10001 --create-home --home-dir /srv/portal portal
WORKDIR /srv/portal
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /srv/venv /srv/venv
COPY manage.py ./
COPY cwf_portal cwf_portal
COPY neighbourhoods neighbourhoods
COPY panels panels
COPY grants grants
COPY templates templates
COPY static static
COPY locale locale
COPY --from=assets /srv/portal/var/assets var/assets
# The keys are for this one step; the running services bring their own.
RUN SECRET_KEY=build PERSON_HMAC_KEY=build python manage.py collectstatic --noinput --verbosity 0 \
    && python cwf_portal/embedded/catalogues.py \
    && mkdir -p var/keys var/bank && chown -R portal:portal var
USER portal
EXPOSE 8000
CMD ["gunicorn", "cwf_portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--worker-tmp-dir", "/dev/shm"]
