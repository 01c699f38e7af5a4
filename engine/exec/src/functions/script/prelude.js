// What a script finds before it: the app's clock, random numbers that can be repeated, and nothing that remembers.
(function (g, f) {
  'use strict';
  var now = 0, seed = 0;
  var Real = Date, keys = Reflect.ownKeys, construct = Reflect.construct, remove = Reflect.deleteProperty;
  var imul = Math.imul, slice = Array.prototype.slice;
  function AppDate() {
    if (!new.target) return new Real(now).toString();
    return construct(Real, arguments.length === 0 ? [now] : slice.call(arguments), new.target);
  }
  AppDate.prototype = Real.prototype;
  AppDate.parse = Real.parse;
  AppDate.UTC = Real.UTC;
  AppDate.now = function () { return now; };
  Object.defineProperty(AppDate, 'name', { value: 'Date' });
  Object.defineProperty(AppDate, 'length', { value: 7 });
  Real.prototype.constructor = AppDate;
  g.Date = AppDate;
  Math.random = function () {
    seed = (seed + 0x6d2b79f5) | 0;
    var t = imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  ['performance', 'gc', 'WeakRef', 'FinalizationRegistry', 'queueMicrotask', 'print', 'console'].forEach(function (name) {
    remove(g, name);
  });
  keys(g).forEach(function (key) {
    var value = g[key];
    if (value === g || (typeof value !== 'object' && typeof value !== 'function') || value === null) return;
    if (typeof value.prototype === 'object' && value.prototype !== null) Object.preventExtensions(value.prototype);
    Object.freeze(value);
  });
  Object.freeze(f);
  Object.freeze(f.prototype);
  Object.defineProperty(g, 'riddhi:call', {
    value: function (data, time, from) {
      now = time;
      seed = from;
      var result = f(data);
      var left = keys(g);
      if (left.length !== known) {
        for (var i = 0; i < left.length; i++) {
          if (!own[left[i]] && !remove(g, left[i])) throw new Error('it leaves behind what cannot be removed');
        }
      }
      return result;
    }
  });
  var own = Object.create(null), known = 0;
  keys(g).forEach(function (key) { own[key] = true; known++; });
})
