// What a script finds before it: the app's clock, random numbers that can be repeated, dates in UTC wherever the host
// stands, and nothing that remembers: what a script may reach is frozen, what it adds to the globals is taken away again.
(function (g, f) {
  'use strict';
  var now = 0, seed = 0;
  var Real = Date, keys = Reflect.ownKeys, construct = Reflect.construct, remove = Reflect.deleteProperty;
  var describe = Reflect.getOwnPropertyDescriptor, define = Reflect.defineProperty, above = Reflect.getPrototypeOf;
  var imul = Math.imul, call = Function.prototype.call, freeze = Object.freeze, time = Real.prototype.getTime;
  var read = Real.parse, utc = Real.UTC, apply = Reflect.apply, test = RegExp.prototype.exec;

  // Dates. Local time is UTC.

  // A date without time is UTC anyway; with a zone in front, a text without one of its own is read by that.
  function parse(value) {
    var text = String(value);
    if (apply(test, /^(\d{4}|[+-]\d{6})(-\d\d){0,2}(Z|[+-]\d\d:?\d\d)?$/, [text])) return read(text);
    if (apply(test, /^(\d{4}|[+-]\d{6})(-\d\d){0,2}T/, [text])) {
      return read(apply(test, /T[\d:.,]*$/, [text]) ? text + 'Z' : text);
    }
    return read('UTC ' + text);
  }
  function made(value) {
    if (typeof value === 'object' && value !== null) {
      try {
        return apply(time, value, []);
      } catch (e) {
        var plain = value.valueOf();
        value = typeof plain === 'object' ? String(value) : plain;
      }
    }
    return typeof value === 'string' ? parse(value) : value;
  }
  function AppDate() {
    if (!new.target) return new AppDate().toString();
    var n = arguments.length;
    return construct(Real, [n === 0 ? now : n === 1 ? made(arguments[0]) : apply(utc, Real, arguments)], new.target);
  }
  function method(name, value) {
    define(value, 'name', { value: name });
    define(proto, name, { value: value, writable: true, enumerable: false, configurable: true });
  }
  var proto = AppDate.prototype = Real.prototype;
  AppDate.parse = parse;
  AppDate.UTC = utc;
  AppDate.now = function () { return now; };
  define(AppDate, 'name', { value: 'Date' });
  define(AppDate, 'length', { value: 7 });
  proto.constructor = AppDate;
  g.Date = AppDate;
  ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds'].forEach(function (part) {
    proto['get' + part] = proto['getUTC' + part];
    if (part !== 'Day') proto['set' + part] = proto['setUTC' + part];
  });
  var days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  var months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  var year = proto.getUTCFullYear, setYear = proto.setUTCFullYear, hours = proto.getUTCHours;
  var month = proto.getUTCMonth, date = proto.getUTCDate, day = proto.getUTCDay;
  function digits(value, n) {
    var text = String(value < 0 ? -value : value);
    while (text.length < n) text = '0' + text;
    return value < 0 ? '-' + text : text;
  }
  function of(d, f) { return apply(f, d, []); }
  function clock(d, h) {
    return digits(h, 2) + ':' + digits(of(d, proto.getUTCMinutes), 2) + ':' + digits(of(d, proto.getUTCSeconds), 2);
  }
  // Texts as QuickJS writes them, of a time that is one.
  function shown(name, write) {
    method(name, function () { return of(this, time) === of(this, time) ? write(this) : 'Invalid Date'; });
  }
  function longDate(d) {
    return days[of(d, day)] + ' ' + months[of(d, month)] + ' ' + digits(of(d, date), 2) + ' ' + digits(of(d, year), 4);
  }
  function longTime(d) { return clock(d, of(d, hours)) + ' GMT+0000'; }
  function shortDate(d) {
    return digits(of(d, month) + 1, 2) + '/' + digits(of(d, date), 2) + '/' + digits(of(d, year), 4);
  }
  function shortTime(d) {
    var h = of(d, hours);
    return clock(d, (h + 11) % 12 + 1) + (h < 12 ? ' AM' : ' PM');
  }
  shown('toString', function (d) { return longDate(d) + ' ' + longTime(d); });
  shown('toDateString', longDate);
  shown('toTimeString', longTime);
  shown('toLocaleString', function (d) { return shortDate(d) + ', ' + shortTime(d); });
  shown('toLocaleDateString', shortDate);
  shown('toLocaleTimeString', shortTime);
  method('getTimezoneOffset', function () { return of(this, time) === of(this, time) ? 0 : NaN; });
  method('getYear', function () { return of(this, year) - 1900; });
  method('setYear', function (y) {
    y = +y;
    return apply(setYear, this, [y >= 0 && y < 100 ? 1900 + Math.trunc(y) : y]);
  });

  // Random numbers, from the seed that comes with the call.
  Math.random = function () {
    seed = (seed + 0x6d2b79f5) | 0;
    var t = imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  // Nothing that remembers.
  ['performance', 'gc', 'WeakRef', 'FinalizationRegistry', 'queueMicrotask', 'print', 'console', 'eval'].forEach(function (name) {
    remove(g, name);
  });
  remove(Error, 'stackTraceLimit');
  remove(Error, 'prepareStackTrace');
  var open = [];
  function reach(value) {
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') open.push(value);
  }
  // An object may have an own property of a name that a frozen prototype has.
  function overridable(object) {
    keys(object).forEach(function (key) {
      var old = describe(object, key), value = old.value;
      if (!('value' in old)) return;
      reach(value);
      define(object, key, {
        get: function () { return value; },
        set: function (next) {
          if (this === object) throw new TypeError('this object belongs to all calls');
          define(this, key, { value: next, writable: true, enumerable: true, configurable: true });
        },
        enumerable: old.enumerable,
        configurable: false
      });
    });
  }
  overridable(Object.prototype);
  keys(g).forEach(function (name) {
    if (typeof g[name] === 'function' && (g[name] === Error || above(g[name]) === Error)) overridable(g[name].prototype);
  });
  // All that can be reached from what stands here, but for the object of the globals.
  var seen = new Set([g]);
  open.push(f, AppDate,
    [][Symbol.iterator](), ''[Symbol.iterator](), new Map().entries(), new Set().values(), 'x'.matchAll(/x/g),
    [].values().map(function (x) { return x; }), Iterator.from({ next: function () {} }),
    function* () {}, (function* () {})(), async function () {}, async function* () {}, (async function* () {})());
  keys(g).forEach(function (key) { reach(g[key]); });
  while (open.length > 0) {
    var next = open.pop();
    if (seen.has(next)) continue;
    seen.add(next);
    reach(above(next));
    keys(next).forEach(function (key) {
      var property = describe(next, key);
      reach(property.value);
      reach(property.get);
      reach(property.set);
    });
    freeze(next);
  }
  // What stands here goes above the object of the globals, so that few names are looked through after a call.
  var own = Object.create(null), known = 1, base = Object.create(above(g)), lay = Object.setPrototypeOf;
  keys(g).forEach(function (key) {
    var property = describe(g, key);
    define(base, key, property);
    if (!remove(g, key)) {
      own[key] = true;
      known++;
    }
  });
  freeze(base);
  lay(g, base);
  own['riddhi:call'] = true;
  function tidy() {
    var left = keys(g);
    if (left.length === known) return;
    for (var i = 0; i < left.length; i++) {
      if (!own[left[i]] && !remove(g, left[i])) throw new Error('it leaves behind what cannot be removed');
    }
  }
  define(g, 'riddhi:call', {
    value: function (data, at, from) {
      now = at;
      seed = from;
      try {
        return f(data);
      } finally {
        tidy();
      }
    }
  });
})
