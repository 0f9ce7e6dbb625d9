# Tidemark runs its TypeScript as it is: the image holds the sources and the packages, nothing is built.
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings its own Node, so the one that npm brings for checkouts goes. No install script is needed.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/.bin

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production TIDEMARK_DATA=/data
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY src src
COPY detectors detectors
COPY schemas schemas
COPY deploy deploy
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/main.ts"]
CMD ["run"]
