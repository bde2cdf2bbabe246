/** The guide's environment variables. */

/**
 * What a worker is told: addresses without a trailing slash, key file, pairing code, model.
 *
 * @typedef {object} Settings
 * @property {string} web the coordinator for HTTP requests
 * @property {string} socket the coordinator for the WebSocket
 * @property {string} ollama the model server
 * @property {string} keyPath
 * @property {string | null} pairingCode
 * @property {string} model the model to ask for
 */

/**
 * The settings that an environment gives, each with the guide's default; an empty variable counts as unset.
 *
 * @param {Record<string, string | undefined>} environment
 * @returns {Settings}
 */
export function fromEnvironment(environment) {
  const told = (name, otherwise) => environment[name] || otherwise;
  const coordinator = withoutSlash(told("COORDINATOR_URL", "http://localhost:4010"));
  return {
    web: coordinator.replace(/^ws/i, "http"),
    socket: coordinator.replace(/^http/i, "ws"),
    ollama: withoutSlash(told("OLLAMA_BASE_URL", "http://localhost:11434")),
    keyPath: told("WORKER_KEY_PATH", "./data/worker-key.json"),
    pairingCode: told("TRUST_PAIRING_CODE", null),
    model: told("OLLAMA_MODEL", "llama3.2"),
  };
}

function withoutSlash(url) {
  return url.replace(/\/+$/, "");
}
