/** What a defect is. */

/**
 * A way of breaking the worker.
 *
 * @typedef {object} Defect
 * @property {string} name
 * @property {string} clause the clause that it breaks
 * @property {string[]} collateral the clauses that cannot hold where that one is broken
 * @property {string} description what the broken worker does
 * @property {Partial<import("./parts.mjs").Parts>} parts the classes that take the place of conforming ones
 */

/**
 * A defect, from its members in the order of their names above.
 *
 * @returns {Defect}
 */
export function defect(name, clause, collateral, description, parts) {
  return { name, clause, collateral, description, parts };
}
