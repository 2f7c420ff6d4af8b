const path = require('path'), other = require('./other');
module.exports = { a: require("./a"), b, get c() { return require.resolve('./c') } };
exports.d = exports.e = function () {};
Object.defineProperty(exports, '__esModule', { value: true });
__exportStar(require('./star'), exports);
module.exports.f = class {};
if (process.env.X) require(process.env.X); else try { require('opt') } catch {}
(function (root, factory) { typeof define === 'function' && define.amd ? define(['dep'], factory) : factory(require('dep')); })(this, function () {});
