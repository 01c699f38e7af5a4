//! Values into a script and out of it.

use riddhi_batch::{Map, Value};
use rquickjs::{Array, Ctx, Error, IntoJs, Object, Result, String as Text};

/// Arrays and objects in each other, at most.
const DEEP: usize = 16;

/// The script's form of a value: numbers are doubles there, a set is an array.
pub(super) fn to_script<'js>(ctx: &Ctx<'js>, value: &Value) -> Result<rquickjs::Value<'js>> {
    match value {
        Value::Null => Ok(rquickjs::Value::new_null(ctx.clone())),
        Value::Int(x) => x.into_js(ctx),
        Value::Long(x) => match i32::try_from(*x) {
            Ok(x) => x.into_js(ctx),
            Err(_) => (*x as f64).into_js(ctx),
        },
        Value::Float(x) => f64::from(*x).into_js(ctx),
        Value::Double(x) => x.into_js(ctx),
        Value::Bool(x) => x.into_js(ctx),
        Value::Str(x) => Ok(Text::from_str(ctx.clone(), x)?.into_value()),
        Value::Set(items) | Value::List(items) => {
            let array = Array::new(ctx.clone())?;
            for (i, item) in items.iter().enumerate() {
                array.set(i, to_script(ctx, item)?)?;
            }
            Ok(array.into_value())
        }
        Value::Map(map) => {
            let object = Object::new(ctx.clone())?;
            for (key, value) in map.iter() {
                object.set(key.to_string(), to_script(ctx, value)?)?;
            }
            Ok(object.into_value())
        }
    }
}

/// What a script returned: a whole number that fits is an int, any other a double.
pub(super) fn from_script(value: &rquickjs::Value<'_>) -> Result<Value> {
    read(value, DEEP)
}

fn read<'js>(value: &rquickjs::Value<'js>, deep: usize) -> Result<Value> {
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(x) = value.as_bool() {
        return Ok(Value::Bool(x));
    }
    if let Some(x) = value.as_int() {
        return Ok(Value::Int(x));
    }
    if let Some(x) = value.as_float() {
        let whole = x as i32;
        let same = f64::from(whole).to_bits() == x.to_bits();
        return Ok(if same { Value::Int(whole) } else { Value::Double(x) });
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::Str(text.to_string()?.into()));
    }
    let left = deep.checked_sub(1).ok_or_else(|| unfit(value, "objects lie too deep in each other"))?;
    if let Some(array) = value.as_array() {
        let items = array.iter::<rquickjs::Value<'js>>().map(|item| read(&item?, left));
        return Ok(Value::List(items.collect::<Result<_>>()?));
    }
    if let Some(object) = value.as_object().filter(|_| !value.is_function()) {
        let mut map = Map::linked();
        for entry in object.props::<std::string::String, rquickjs::Value<'js>>() {
            let (key, item) = entry?;
            map.put(Value::Str(key.into()), read(&item, left)?);
        }
        return Ok(Value::Map(Box::new(map)));
    }
    Err(unfit(value, "a script returns a number, a text, a bool, an array, an object or null"))
}

fn unfit(value: &rquickjs::Value<'_>, why: &str) -> Error {
    Error::new_from_js_message(value.type_name(), "value", why)
}
